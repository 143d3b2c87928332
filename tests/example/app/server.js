const http = require("http");
http.createServer((request, response) => response.end("ahoy\n")).listen(3000);
