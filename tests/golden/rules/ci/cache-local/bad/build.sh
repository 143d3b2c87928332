#!/bin/sh
docker buildx build --cache-from type=local,src=/var/cache/app \
    --cache-to type=local,dest=/var/cache/app,mode=max -t app .
