"""Facts of agents and clients -> requests, visits, phases, each join with its confidence."""
