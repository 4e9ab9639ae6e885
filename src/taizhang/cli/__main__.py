"""`python -m taizhang.cli`, the same as `taizhang`."""

from taizhang.cli import main

main()
