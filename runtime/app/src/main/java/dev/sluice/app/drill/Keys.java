package dev.sluice.app.drill;

import dev.sluice.gateway.tenant.ApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;

/** Tenants' files, and the keys that clients use now. */
final class Keys {
    private static final int TENANTS = 2;

    /** A tenant and its newest key. */
    private static final class Owner {
        private final String name;
        private volatile String key;

        private Owner(String name, String key) {
            this.name = name;
            this.key = key;
        }
    }

    private final Path directory;
    private final List<Owner> owners = new CopyOnWriteArrayList<>();
    private int made;

    private Keys(Path directory) {
        this.directory = directory;
    }

    static Keys in(Path directory) throws IOException {
        Keys keys = new Keys(Files.createDirectories(directory));
        for (int i = 1; i <= TENANTS; i++) {
            Owner owner = new Owner("tenant-" + i, keys.make());
            keys.owners.add(owner);
            keys.write(owner.name, List.of(owner.key));
        }
        return keys;
    }

    private synchronized String make() {
        return ApiKey.make("drill-" + ++made);
    }

    /** The key of one of the tenants that stay. */
    String any(SplittableRandom random) {
        return owners.get(random.nextInt(owners.size())).key;
    }

    /** Makes a tenant a new key beside its old one; {@link Rotation} goes on from there. */
    Rotation rotate(SplittableRandom random) throws IOException {
        Owner owner = owners.get(random.nextInt(owners.size()));
        String old = owner.key;
        String fresh = make();
        write(owner.name, List.of(old, fresh));
        return new Rotation(owner, old, fresh);
    }

    /** A rotation under way: both keys are valid. */
    final class Rotation {
        private final Owner owner;
        private final String old;
        private final String fresh;

        private Rotation(Owner owner, String old, String fresh) {
            this.owner = owner;
            this.old = old;
            this.fresh = fresh;
        }

        String fresh() {
            return fresh;
        }

        /** Clients take the new one from now on. */
        void use() {
            owner.key = fresh;
        }

        /** The old one is worth nothing any more; returns it. */
        String revoke() throws IOException {
            write(owner.name, List.of(fresh));
            return old;
        }
    }

    /** Adds a tenant that nobody is. */
    void addTenant(String name) throws IOException {
        write(name, List.of(make()));
    }

    /** Takes a tenant away. */
    void removeTenant(String name) throws IOException {
        Files.deleteIfExists(file(name));
    }

    /** Leaves a file that says nothing, as a writer that is interrupted does. */
    void breakTenant(String name) throws IOException {
        Files.writeString(file(name), "tenant: " + name + "\nkeys: [{id: ");
    }

    private Path file(String name) {
        return directory.resolve(name + ".yaml");
    }

    private void write(String name, List<String> keys) throws IOException {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            String hash = ApiKey.hash(keys.get(i));
            rows.add("{id: k" + hash.substring(0, 12) + ", sha256: \"" + hash + "\"}");
        }
        Fleet.replace(
                file(name),
                "# written " + Instant.now() + "\ntenant: " + name + "\nkeys: [" + String.join(", ", rows) + "]\n");
    }
}
