#!/bin/sh
docker build --secret id=npmrc,src="$HOME/.npmrc" --secret id=pip,src="$HOME/pip.conf" -t app .
