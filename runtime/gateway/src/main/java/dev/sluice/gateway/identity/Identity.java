package dev.sluice.gateway.identity;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whoever a token speaks for; its signature, issuer, audience and times have been checked.
 *
 * @param issuer the issuer's name in the configuration
 * @param subject its {@code sub}; empty when it has none
 * @param claims all that it claims
 */
public record Identity(String issuer, String subject, Map<String, Object> claims) {
    private static final Pattern SERVICE_ACCOUNT = Pattern.compile("system:serviceaccount:([^:]+):([^:]+)");
    private static final int LONGEST = 80;

    /** The same with {@code namespace} and {@code serviceaccount}, where it is a service account's. */
    Identity ofCluster() {
        Matcher account = SERVICE_ACCOUNT.matcher(subject);
        if (!account.matches()) {
            return this;
        }
        Map<String, Object> more = new HashMap<>(claims);
        more.put("namespace", account.group(1));
        more.put("serviceaccount", account.group(2));
        return new Identity(issuer, subject, Collections.unmodifiableMap(more));
    }

    /**
     * The values of a claim, as texts: those of a list each, those of {@code scope} and {@code scp} by their blanks (RFC 8693 4.2).
     *
     * @param claim its name; or the way to it, with slashes, where it lies inside others
     */
    public List<String> values(String claim) {
        Object value = claims.get(claim);
        if (value == null && claim.indexOf('/') > 0) {
            value = inside(claim);
        }
        List<String> values = new ArrayList<>();
        if (value instanceof Collection<?> list) {
            list.forEach(item -> add(item, values));
        } else if (value instanceof String text && (claim.equals("scope") || claim.equals("scp"))) {
            values.addAll(List.of(text.split(" ", -1)));
        } else {
            add(value, values);
        }
        return values;
    }

    /** The longest name that there is, at each step: names may hold slashes themselves. */
    private @Nullable Object inside(String way) {
        Object here = claims;
        String rest = way;
        while (here instanceof Map<?, ?> map) {
            int cut = rest.length();
            while (cut > 0 && !map.containsKey(rest.substring(0, cut))) {
                cut = rest.lastIndexOf('/', cut - 1);
            }
            if (cut <= 0) {
                return null;
            }
            here = map.get(rest.substring(0, cut));
            if (cut == rest.length()) {
                return here;
            }
            rest = rest.substring(cut + 1);
        }
        return null;
    }

    private static void add(@Nullable Object value, List<String> values) {
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            values.add(value.toString());
        }
    }

    /** {@code issuer:subject}, fit for a log: printable, at most 80 characters of the subject. */
    public String label() {
        StringBuilder label = new StringBuilder(issuer).append(':');
        int length = Math.min(LONGEST, subject.length());
        for (int i = 0; i < length; i++) {
            char c = subject.charAt(i);
            label.append(c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?');
        }
        return label.toString();
    }
}
