#!/bin/sh
docker buildx build --push -t registry.example.org/app:1.2 \
    --cache-from type=registry,ref=registry.example.org/app:cache \
    --cache-to type=registry,ref=registry.example.org/app:cache,mode=max .
