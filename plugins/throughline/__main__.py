"""python -m throughline"""

from throughline.cli import main

if __name__ == "__main__":
    main()
