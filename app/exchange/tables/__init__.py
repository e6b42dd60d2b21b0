"""Tables as officers have them: workbooks, delimited text and geodata, read line by line in a sealed process."""
