#!/bin/sh
docker buildx build --push --target ship -t registry.example.org/app:1.2 .
