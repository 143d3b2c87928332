#!/bin/sh
docker build --target biuld -t app:build .
