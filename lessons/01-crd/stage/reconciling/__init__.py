"""What operators share. It grows from lesson 02 on."""
