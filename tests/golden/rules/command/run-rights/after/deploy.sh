#!/bin/sh
docker run --security-opt no-new-privileges:true -d --name shop -p 8080:8080 registry.example.org/shop:1.2
