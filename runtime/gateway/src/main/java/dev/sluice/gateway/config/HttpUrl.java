package dev.sluice.gateway.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The URL of an engine: scheme, host and port, nothing else.
 *
 * @param secure https
 * @param host a name, an IPv4 address, or an IPv6 address in brackets, lower case
 * @param port 1 to 65535
 */
public record HttpUrl(boolean secure, String host, int port) {
    /** {@code host:port}. */
    public String address() {
        return host + ":" + port;
    }

    /** As it is written. */
    @Override
    public String toString() {
        return (secure ? "https://" : "http://") + address();
    }

    static final class Form implements Codec<HttpUrl> {
        @Override
        public Optional<HttpUrl> read(Node node, Reading at) {
            return Scalars.text(node, at).flatMap(text -> {
                URI uri;
                try {
                    uri = new URI(text);
                } catch (URISyntaxException e) {
                    return at.error(node, "is not a URL: " + e.getReason());
                }
                boolean secure = "https".equals(uri.getScheme());
                if (!(secure || "http".equals(uri.getScheme())) || uri.getHost() == null) {
                    return at.expected(notation(), node);
                } else if (uri.getUserInfo() != null) {
                    return at.error(node, "a URL never holds a password: use the pool's credential");
                } else if (uri.getQuery() != null
                        || uri.getFragment() != null
                        || !uri.getPath().matches("/?")) {
                    return at.error(node, "must end after the port: paths are the clients'");
                } else if (uri.getPort() == 0 || uri.getPort() > 65535) {
                    return at.error(node, "the port must be 1 to 65535, is " + uri.getPort());
                }
                int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
                return Optional.of(new HttpUrl(secure, uri.getHost().toLowerCase(Locale.ROOT), port));
            });
        }

        @Override
        public String notation() {
            return "a URL such as http://10.0.0.7:8000";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", "^https?://[^/?#@]+/?$");
        }
    }
}
