#!/bin/sh
docker buildx build --push -t registry.example.org/app:1.2 .
