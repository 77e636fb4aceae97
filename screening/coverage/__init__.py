"""What does one dataset hold that another one does not?"""
