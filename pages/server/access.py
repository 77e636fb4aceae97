"""Who can reach this server, and so what it may do for them."""

import ipaddress

import streamlit as st


def serves_this_machine_only() -> bool:
    """Whether the server listens on a loopback address, so that whoever uses it could read the disk anyway."""
    address = st.get_option("server.address") or ""
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
