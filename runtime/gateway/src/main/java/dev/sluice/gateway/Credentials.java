package dev.sluice.gateway;

import dev.sluice.gateway.http.Head;
import java.util.List;

/** Finds the key that a request brings: {@code Authorization: Bearer}, else {@code x-api-key}. */
final class Credentials {
    private static final String BEARER = "Bearer ";
    /** Longer ones are nobody's. */
    private static final int LONGEST = 8 << 10;
    /** What nobody's key is: two headers of one name, of which one reader would take the first and another the last. */
    private static final String NOBODYS = "\0";

    private Credentials() {}

    /** The key; empty for none. */
    static String of(Head head) {
        String authorization = "";
        String apiKey = "";
        for (int i = 0; i < head.count(); i++) {
            if (head.nameIs(i, "authorization")) {
                if (!authorization.isEmpty()) {
                    return NOBODYS;
                }
                authorization = head.value(i);
            } else if (head.nameIs(i, "x-api-key")) {
                if (!apiKey.isEmpty()) {
                    return NOBODYS;
                }
                apiKey = head.value(i);
            }
        }
        return choose(authorization, apiKey);
    }

    /** The same of values that have been found already. */
    static String of(List<String> authorization, List<String> apiKey) {
        return authorization.size() > 1 || apiKey.size() > 1
                ? NOBODYS
                : choose(String.join("", authorization), String.join("", apiKey));
    }

    private static String choose(String authorization, String apiKey) {
        boolean bearer = authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
        String key = bearer ? authorization.substring(BEARER.length()).strip() : apiKey;
        if (key.isEmpty() && !authorization.isEmpty()) {
            return NOBODYS;
        }
        return key.length() > LONGEST ? NOBODYS : key;
    }
}
