package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import dev.sluice.spi.Role;
import java.util.Set;

/**
 * Keeps the endpoints that can do one phase of a request, by label {@link Role#LABEL}. Values as in llm-d, its old
 * {@code both} included. An unlabelled server decodes (it does everything, and that ends with decoding) but is no
 * prefill server: nobody set it up to hand its KV cache on.
 */
final class RoleFilter implements Filter {
    private final Set<String> roles;
    private final boolean unlabelled;

    private RoleFilter(Set<String> roles, boolean unlabelled) {
        this.roles = roles;
        this.unlabelled = unlabelled;
    }

    static RoleFilter decode() {
        return new RoleFilter(Set.of("decode", "prefill-decode", "both", "encode-prefill-decode"), true);
    }

    static RoleFilter prefill() {
        return new RoleFilter(
                Set.of("prefill", "encode-prefill", "prefill-decode", "both", "encode-prefill-decode"), false);
    }

    static RoleFilter encode() {
        return new RoleFilter(Set.of("encode", "encode-prefill", "encode-prefill-decode"), false);
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        for (int i = 0; i < candidates.size(); i++) {
            keep[i] &= keeps(candidates.endpoint(i));
        }
    }

    private boolean keeps(Endpoint endpoint) {
        String label = endpoint.labels().get(Role.LABEL);
        if (label != null) {
            return roles.contains(label);
        }
        return endpoint.role() == Role.BOTH
                ? unlabelled
                : roles.contains(endpoint.role().label());
    }
}
