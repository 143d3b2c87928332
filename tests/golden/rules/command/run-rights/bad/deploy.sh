#!/bin/sh
docker run -d --name shop -p 8080:8080 registry.example.org/shop:1.2
