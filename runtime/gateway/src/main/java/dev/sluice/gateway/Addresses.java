package dev.sluice.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Addresses as proxies want them: IP and port. */
final class Addresses {
    private Addresses() {}

    /** The address with its host's name looked up; empty when nobody knows the name. */
    static Optional<String> byNumber(String address) {
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon);
        if (host.startsWith("[") || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'))) {
            return Optional.of(address);
        }
        // Not on this thread: a look-up holds whatever carries it, and a loop carries others too.
        return CompletableFuture.supplyAsync(() -> number(host))
                .join()
                .map(number -> number + address.substring(colon));
    }

    private static Optional<String> number(String host) {
        try {
            String number = InetAddress.getByName(host).getHostAddress();
            return Optional.of(number.contains(":") ? "[" + number + "]" : number);
        } catch (UnknownHostException unknown) {
            return Optional.empty();
        }
    }

    /** Whether an address is among those named: the same host and port, or its host without a port. */
    static boolean among(Set<String> named, String address) {
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon);
        return named.contains(address)
                || named.contains(host)
                || (host.startsWith("[") && named.contains(host.substring(1, host.length() - 1)));
    }
}
