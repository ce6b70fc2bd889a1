package dev.sluice.gateway;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/**
 * Where replicas of this gateway meet.
 *
 * @param host own address that others reach this one at; empty: any of this machine that is not the loopback
 * @param port of this one; 0 for any that is free
 * @param secret that all replicas have
 * @param others where others may be; asked again and again, may wait for an answer
 */
public record PeersAt(String host, int port, String secret, Supplier<List<InetSocketAddress>> others) {
    /** Without the secret. */
    @Override
    public String toString() {
        return host + ":" + port;
    }
}
