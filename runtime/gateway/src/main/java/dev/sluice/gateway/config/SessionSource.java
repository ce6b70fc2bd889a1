package dev.sluice.gateway.config;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place where a request names its session.
 *
 * @param kind where
 * @param name the header in lower case, the cookie's name, or the path of keys in the body, joined by dots; empty for an inferred one
 */
public record SessionSource(Kind kind, String name) {
    /** Parts of a request. */
    public enum Kind {
        /** A header. */
        HEADER,
        /** A cookie. */
        COOKIE,
        /** A text in the JSON body. */
        BODY,
        /** The conversation so far: a prompt that goes on from an earlier one belongs to its session. */
        INFERRED
    }

    /** As it is written. */
    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + (kind == Kind.INFERRED ? "" : ":" + name);
    }

    static final class Form implements Codec<SessionSource> {
        private static final Pattern FORM =
                Pattern.compile("(header|cookie):([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128})|body:([A-Za-z0-9_.-]{1,128})");

        @Override
        public Optional<SessionSource> read(Node node, Reading at) {
            return Scalars.text(node, at).flatMap(text -> {
                Matcher matcher = FORM.matcher(text);
                if (text.equals("inferred")) {
                    return Optional.of(new SessionSource(Kind.INFERRED, ""));
                } else if (!matcher.matches()) {
                    return at.expected(notation(), node);
                } else if (matcher.group(3) != null) {
                    return Optional.of(new SessionSource(Kind.BODY, matcher.group(3)));
                } else if (matcher.group(1).equals("cookie")) {
                    return Optional.of(new SessionSource(Kind.COOKIE, matcher.group(2)));
                }
                return Optional.of(
                        new SessionSource(Kind.HEADER, matcher.group(2).toLowerCase(Locale.ROOT)));
            });
        }

        @Override
        public String notation() {
            return "header:NAME, cookie:NAME, body:PATH or inferred";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "string", "pattern", "^(" + FORM.pattern() + "|inferred)$");
        }
    }
}
