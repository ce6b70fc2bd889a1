package dev.sluice.gateway.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** All tenant files of a directory, once: for {@code check}. */
public final class TenantDirectoryReader {
    private TenantDirectoryReader() {}

    /** Names of tenant files. Hidden ones are none: Kubernetes keeps its own beside them. */
    public static boolean isOne(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml"));
    }

    /** Reads them, in the order of their names. */
    public static List<TenantFile> read(Path directory, GatewayConfig gateway, Catalog catalog) {
        List<TenantFile> files = new ArrayList<>();
        TenantConflicts conflicts = new TenantConflicts(gateway);
        for (Path path : list(directory)) {
            TenantFile file = one(path, gateway, catalog);
            files.add(file.config().isPresent() ? file.with(conflicts.add(file)) : file);
        }
        return files;
    }

    private static TenantFile one(Path path, GatewayConfig gateway, Catalog catalog) {
        try {
            return TenantFile.read(path, Files.readString(path), gateway, catalog);
        } catch (IOException unreadable) {
            return TenantFile.unreadable(path, "can't be read: " + unreadable.getMessage());
        }
    }

    private static List<Path> list(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(TenantDirectoryReader::isOne).sorted().toList();
        } catch (IOException missing) {
            return List.of();
        }
    }
}
