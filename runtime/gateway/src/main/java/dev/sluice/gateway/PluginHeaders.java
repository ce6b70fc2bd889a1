package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.gateway.http.Head;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.spi.ResponseHeaders;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Headers that a policy's plugins add to one answer, checked. */
final class PluginHeaders implements ResponseHeaders {
    private static final int MOST = 16;
    private static final int LONGEST_VALUE = 1024;
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");
    private static final Pattern VALUE = Pattern.compile("[\\x20-\\x7e]{0," + LONGEST_VALUE + "}");
    private static final Set<String> OURS = Set.of(
            "transfer-encoding",
            "connection",
            "keep-alive",
            "proxy-connection",
            "upgrade",
            "te",
            "trailer",
            "host",
            "date",
            "server",
            "cache-control",
            "retry-after",
            "x-request-id");

    private final Map<String, String> set = new LinkedHashMap<>(2);

    /** What the plugins say to an answer of the endpoint that was charged. */
    static PluginHeaders of(Charge charge) {
        PluginHeaders headers = new PluginHeaders();
        charge.writeHeaders(headers);
        return headers;
    }

    @Override
    public void set(String name, String value) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (!NAME.matcher(lower).matches()) {
            throw new IllegalArgumentException("no name for a header of an answer");
        } else if (OURS.contains(lower) || lower.startsWith("content-") || lower.startsWith("x-sluice-")) {
            throw new IllegalArgumentException("header " + lower + " is the gateway's own");
        } else if (!VALUE.matcher(value).matches()) {
            throw new IllegalArgumentException("header " + lower
                    + ": a value must be visible ASCII and spaces, at most " + LONGEST_VALUE + " characters");
        } else if (set.size() >= MOST && !set.containsKey(lower)) {
            throw new IllegalArgumentException("more than " + MOST + " headers");
        }
        set.put(lower, value.strip());
    }

    HeaderBlock addTo(HeaderBlock block) {
        set.forEach(block::add);
        return block;
    }

    /** True when header i of an engine's answer is replaced by one of these. */
    boolean replaces(Head head, int i) {
        for (String name : set.keySet()) {
            if (head.nameIs(i, name)) {
                return true;
            }
        }
        return false;
    }
}
