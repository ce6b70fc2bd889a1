package dev.sluice.gateway;

import dev.sluice.gateway.config.Overrides;
import dev.sluice.gateway.tenant.ApiKey;
import dev.sluice.gateway.tenant.Tenants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** A gateway with tenants: pools {@code chat} and {@code next} (alias {@code small}), one engine each, and a directory of files. */
final class TenantFixture implements AutoCloseable {
    static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}";

    final Path directory;
    final GatewayFixture gateway;

    private TenantFixture(Path directory, GatewayFixture gateway) {
        this.directory = directory;
        this.gateway = gateway;
    }

    /** A key that is always the same for an id. */
    static String key(String id) {
        return "sk-slc-" + id + "-" + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    }

    /** The row of a key in a file. */
    static String row(String id) {
        return "{id: " + id + ", sha256: \"" + ApiKey.hash(key(id)) + "\"}";
    }

    /** A file with one key of the tenant's own name. */
    static String file(String tenant, String more) {
        return "tenant: " + tenant + "\nkeys: [" + row(tenant) + "]\n" + more;
    }

    static TenantFixture start(Path dir, ScriptedEngine chat, ScriptedEngine next) throws Exception {
        return start(dir, chat, next, "", "", "");
    }

    static TenantFixture start(
            Path dir, ScriptedEngine chat, ScriptedEngine next, String tenants, String pool, String top)
            throws Exception {
        return start(dir, yaml(List.of(chat, next), tenants, pool, top));
    }

    /** The same behind a proxy; {@code extProc} are further keys of {@code server.extProc}. */
    static TenantFixture behind(
            Path dir, ScriptedEngine chat, ScriptedEngine next, String tenants, String extProc, String pool, String top)
            throws Exception {
        String picker =
                "server: {extProc: {host: 127.0.0.1, port: 0" + (extProc.isEmpty() ? "" : ", " + extProc) + "}, ";
        return start(dir, yaml(List.of(chat, next), tenants, pool, top).replace("server: {", picker));
    }

    private static TenantFixture start(Path dir, String yaml) throws Exception {
        Path directory = Files.createDirectories(dir.resolve("tenants"));
        Files.writeString(dir.resolve("salt"), "the gateway's own secret");
        Path file = Files.writeString(dir.resolve("gateway.yaml"), yaml);
        return new TenantFixture(directory, GatewayFixture.load(file, Overrides.NONE, 2));
    }

    static String yaml(List<ScriptedEngine> engines, String tenants, String pool, String top) {
        return """
            server: {host: 127.0.0.1, port: 0, debugHeaders: true, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 20s}}
            pools:
              - name: chat
                models: [base, alias]
                %3$s
                endpoints: [{url: "http://127.0.0.1:%1$d", labels: {zone: a}}]
              - name: next
                models: [base-next, small]
                endpoints: [{url: "http://127.0.0.1:%2$d", labels: {zone: b}}]
            tenants: {directory: tenants, salt: {file: salt} %4$s}
            %5$s
            """.formatted(
                engines.get(0).port(), engines.get(1).port(), pool, tenants.isEmpty() ? "" : ", " + tenants, top);
    }

    /** Writes a file as an editor would, and waits until the gateway has seen it. */
    TenantFixture put(String name, String text) throws IOException {
        Path hidden = Files.writeString(directory.resolve("." + name), text);
        return changed(() -> Files.move(hidden, directory.resolve(name + ".yaml"), StandardCopyOption.ATOMIC_MOVE));
    }

    TenantFixture remove(String name) throws IOException {
        return changed(() -> Files.delete(directory.resolve(name + ".yaml")));
    }

    /** A change of the directory. */
    private interface Change {
        void make() throws IOException;
    }

    private TenantFixture changed(Change change) throws IOException {
        Tenants before = gateway.gateway.runtime().settings.tenants();
        change.make();
        until(() -> gateway.gateway.runtime().settings.tenants() != before);
        return this;
    }

    static void until(java.util.function.BooleanSupplier done) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not in time");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    @Override
    public void close() {
        gateway.close();
    }
}
