#!/bin/sh
docker run -d --name shop -p 8080:8080 --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges:true registry.example.org/shop:1.2
