#!/bin/sh
docker build --secret id=npmrc,src="$HOME/.npmrc" -t app .
