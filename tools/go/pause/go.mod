module duotel.io/tools/pause

go 1.24
