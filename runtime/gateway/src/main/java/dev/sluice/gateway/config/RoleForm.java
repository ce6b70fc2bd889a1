package dev.sluice.gateway.config;

import dev.sluice.spi.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Roles by the names of llm-d's label. */
final class RoleForm implements Codec<Role> {
    private static final List<String> NAMES = List.of("prefill", "decode", "encode", "both");

    @Override
    public Optional<Role> read(Node node, Reading at) {
        return Scalars.text(node, at)
                .flatMap(word -> Role.of(word).or(() -> at.error(node, Scalars.notOneOf(word, NAMES))));
    }

    @Override
    public String notation() {
        return "prefill, decode, encode or both";
    }

    @Override
    public Map<String, Object> schema() {
        return Map.of("enum", NAMES);
    }

    @Override
    public Object show(Role value) {
        return value.label();
    }
}
