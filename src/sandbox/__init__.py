"""An EC2 on this machine: moto answers the API, QEMU runs the instances."""
