package dev.sluice.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Who runs where, as {@code taskset -c} takes it.
 *
 * @param gateway one core, for what is measured
 * @param load all others, for load and backends
 */
record Cores(String gateway, String load) {
    /** By what this process may use. */
    static Cores find() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            throw new IOException("needs Linux: what processes use is read from /proc");
        }
        String allowed = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("0");
        return of(allowed);
    }

    /** Splits a list like {@code 0-3,8}. */
    static Cores of(String allowed) throws IOException {
        List<Integer> cores = new ArrayList<>();
        for (String range : allowed.split(",", -1)) {
            String[] ends = range.split("-", -1);
            for (int core = Integer.parseInt(ends[0]); core <= Integer.parseInt(ends[ends.length - 1]); core++) {
                cores.add(core);
            }
        }
        if (cores.size() < 2) {
            throw new IOException("needs two cores: one for the gateway, one for load and backends");
        }
        return new Cores(
                cores.getFirst().toString(),
                cores.subList(1, cores.size()).stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
}
