package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaders;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * llm-d's {@code encoded_endpoint_header}: nothing is kept, the client carries the endpoint from answer to request.
 *
 * <p>llm-d's token is the base64 of the endpoint's name, so that a client reads the fleet's names and writes whichever it
 * likes. Ours is by default a digest of the name: as long as one does not know the name, a token can only be sent back. With
 * a key it can't be made by those who know the name either. All replicas make the same tokens, and they outlive restarts.
 */
final class EndpointTokens implements Affinity {
    private static final int BYTES = 18;
    private static final int MOST_KNOWN = 8192;

    private final String header;
    private final String profile;
    private final boolean plain;
    private final byte[] key;
    private final ConcurrentHashMap<String, String> tokens = new ConcurrentHashMap<>();

    EndpointTokens(SessionAffinityConfig config) {
        header = config.tokenHeader();
        profile = config.profileName();
        plain = config.token().equals("plain");
        key = config.key().orElse("").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int tied(Request request, Candidates candidates) {
        String token = request.header(header).orElse("");
        if (token.isEmpty()) {
            return -1;
        }
        for (int i = 0; i < candidates.size(); i++) {
            if (token.equals(token(candidates.endpoint(i).id()))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void chosen(Request request, Candidates candidates, Choice choice) {}

    @Override
    public void answer(Choice choice, ResponseHeaders out) {
        Affinity.picked(choice, profile).ifPresent(endpoint -> out.set(header, token(endpoint.id())));
    }

    @Override
    public boolean remembers() {
        return false;
    }

    /** The token of an endpoint. */
    String token(String id) {
        String known = tokens.get(id);
        if (known != null) {
            return known;
        }
        if (tokens.size() >= MOST_KNOWN) {
            tokens.clear();
        }
        return tokens.computeIfAbsent(id, this::make);
    }

    private String make(String id) {
        if (plain) {
            String named = id.contains("/") ? id : "default/" + id;
            return Base64.getEncoder().encodeToString(named.getBytes(StandardCharsets.UTF_8));
        }
        byte[] text = ("session token of endpoint " + id).getBytes(StandardCharsets.UTF_8);
        try {
            return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(digest(text), BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private byte[] digest(byte[] text) throws GeneralSecurityException {
        if (key.length == 0) {
            return MessageDigest.getInstance("SHA-256").digest(text);
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text);
    }
}
