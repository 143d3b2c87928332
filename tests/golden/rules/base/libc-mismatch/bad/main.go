package main

import _ "net"

func main() {}
