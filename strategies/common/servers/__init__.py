"""What is known of the Git servers that organisations run themselves: addresses, signs, support, clone URLs. Pure."""
