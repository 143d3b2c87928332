#!/bin/sh
docker buildx build --cache-from type=local,src=/var/cache/app \
    --cache-to type=local,dest=/var/cache/app-new,mode=max -t app .
rm -rf /var/cache/app
mv /var/cache/app-new /var/cache/app
