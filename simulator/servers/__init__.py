"""Models of servers, one file each: what a request does there, told with an `Assembler`."""
