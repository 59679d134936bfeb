"""The commands of the program, one file each, imported when the command runs."""
