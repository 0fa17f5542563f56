"""What is found out about a function in the IR, each analysis a module with a result of its own."""
