package dev.sluice.gateway.config;

import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * SHA-256 of an API key. Keys are long and random, so it can't be turned back; it is masked all the same where a configuration
 * is shown.
 *
 * @param hex 64 lower-case digits
 */
public record KeyHash(String hex) {
    /** Its 32 bytes. */
    public byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    /** Masked. */
    @Override
    public String toString() {
        return SecretText.MASK;
    }

    static final class Form implements Codec<KeyHash> {
        @Override
        public Optional<KeyHash> read(Node node, Reading at) {
            if (!(node instanceof Node.Scalar scalar) || scalar.kind() == Node.Kind.NOTHING) {
                return at.expected(notation(), node);
            }
            // What stands here may be a key by mistake: a message never repeats it.
            return scalar.text().matches("[0-9a-fA-F]{64}")
                    ? Optional.of(new KeyHash(scalar.text().toLowerCase(java.util.Locale.ROOT)))
                    : at.error(node, "is not " + notation() + ": ./sluice key hash makes it of a key");
        }

        @Override
        public String notation() {
            return "64 hexadecimal digits";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", "^[0-9a-fA-F]{64}$");
        }
    }
}
