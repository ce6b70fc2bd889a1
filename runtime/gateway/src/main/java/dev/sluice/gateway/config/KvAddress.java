package dev.sluice.gateway.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Optional;

/**
 * Where an engine publishes KV events: {@code tcp://HOST:PORT}.
 *
 * @param host a name, an IPv4 address, or an IPv6 address in brackets
 * @param port 1 to 65535
 */
public record KvAddress(String host, int port) {
    private static final String PATTERN = "^tcp://[^/?#@*]+:[0-9]{1,5}$";

    /** As it is written. */
    @Override
    public String toString() {
        return "tcp://" + host + ":" + port;
    }

    private static Optional<KvAddress> parse(String text) {
        try {
            URI uri = new URI(text);
            boolean plain = uri.getUserInfo() == null && uri.getQuery() == null && uri.getFragment() == null;
            return "tcp".equals(uri.getScheme())
                            && uri.getHost() != null
                            && uri.getPort() >= 1
                            && uri.getPort() <= 65535
                            && plain
                            && uri.getPath().isEmpty()
                    ? Optional.of(new KvAddress(uri.getHost(), uri.getPort()))
                    : Optional.empty();
        } catch (URISyntaxException wrong) {
            return Optional.empty();
        }
    }

    /**
     * Where an engine repeats what it published.
     *
     * @param address empty for nowhere
     */
    public record Replay(Optional<KvAddress> address) {
        /** As it is written. */
        @Override
        public String toString() {
            return address.map(KvAddress::toString).orElse("none");
        }

        static final class Form implements Codec<Replay> {
            @Override
            public Optional<Replay> read(Node node, Reading at) {
                return Scalars.text(node, at).flatMap(text -> {
                    if (text.equals("none")) {
                        return Optional.of(new Replay(Optional.empty()));
                    }
                    Optional<KvAddress> address = parse(text);
                    return address.isPresent() ? Optional.of(new Replay(address)) : at.expected(notation(), node);
                });
            }

            @Override
            public String notation() {
                return "an address such as tcp://10.0.0.7:5558, or none";
            }

            @Override
            public Map<String, Object> schema() {
                return Map.of("type", "string", "pattern", PATTERN.replace("$", "$|^none$"));
            }
        }
    }

    static final class Form implements Codec<KvAddress> {
        @Override
        public Optional<KvAddress> read(Node node, Reading at) {
            return Scalars.text(node, at).flatMap(text -> {
                Optional<KvAddress> address = parse(text);
                return address.isPresent() ? address : at.expected(notation(), node);
            });
        }

        @Override
        public String notation() {
            return "an address such as tcp://10.0.0.7:5557";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", PATTERN);
        }
    }
}
