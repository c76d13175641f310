#!/usr/bin/env python
from liveblog.__main__ import main

if __name__ == "__main__":
    main()
