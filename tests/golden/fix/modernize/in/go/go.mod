module example.org/serve
