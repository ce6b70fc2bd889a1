package dev.sluice.simulator.transfer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Names of KV that a storage has: files in a folder that all engines see, or just a set. Nothing is ever taken out. */
final class Store {
    private final String folder;
    private final Set<Long> names = ConcurrentHashMap.newKeySet();

    Store(String folder) {
        this.folder = folder;
    }

    boolean has(long name) {
        return names.contains(name) || (!folder.isEmpty() && Files.exists(file(name)));
    }

    void put(long name) {
        if (!names.add(name) || folder.isEmpty()) {
            return;
        }
        try {
            Files.createDirectories(Path.of(folder));
            Files.write(file(name), new byte[0]);
        } catch (IOException e) {
            names.remove(name);
        }
    }

    private Path file(long name) {
        return Path.of(folder, String.format("%016x.kv", name));
    }
}
