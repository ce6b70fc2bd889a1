package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Engines, gateways, and the front before them; all of it is gone when it is closed. */
final class Arena implements AutoCloseable {
    private static final Duration READY = Duration.ofSeconds(60);
    /** A key that was revoked is dead on every gateway after this, and a new one known. */
    private static final Duration KEY = Duration.ofSeconds(5);
    /** How long a gateway that ends may take: streams are short. */
    static final int END_SECONDS = 90;

    private final PrintWriter progress;
    private final Path directory;
    private final Fleet fleet;
    private final Keys keys;
    private final Front front;
    private final List<Member> living = new CopyOnWriteArrayList<>();
    /** Those that were started at any time, by whether they may be believed: not those that were killed. */
    private final List<Member> started = new CopyOnWriteArrayList<>();

    private final Set<String> killed = new HashSet<>();
    private final Thread cleaner = new Thread(this::clean);
    private volatile Setup setup;
    private Optional<FalseClock> clocks = Optional.empty();
    private int members;

    /**
     * What the gateways' configuration says beside what all have.
     *
     * @param notReadyFor of a drain
     * @param pool further lines of the pool, each with its indent and end
     * @param rest further sections
     */
    record Setup(String notReadyFor, String pool, String rest) {
        static final Setup PLAIN = new Setup("1s", "", "");

        Setup withPool(String lines) {
            return new Setup(notReadyFor, lines, rest);
        }

        Setup withRest(String sections) {
            return new Setup(notReadyFor, pool, sections);
        }
    }

    private Arena(PrintWriter progress, Path directory, Fleet fleet, Keys keys, Front front, Setup setup) {
        this.progress = progress;
        this.directory = directory;
        this.fleet = fleet;
        this.keys = keys;
        this.front = front;
        this.setup = setup;
        Runtime.getRuntime().addShutdownHook(cleaner);
    }

    /** Starts engines and the front; gateways come by {@link #join}. */
    static Arena open(PrintWriter progress, int engines, SimulatorOptions options, Setup setup) throws IOException {
        Path directory = Files.createTempDirectory("sluice-drill");
        Files.writeString(directory.resolve("salt"), "drill");
        Fleet fleet = Fleet.start(engines, options, directory.resolve("endpoints.yaml"));
        return new Arena(progress, directory, fleet, Keys.in(directory.resolve("tenants")), Front.start(), setup);
    }

    Fleet fleet() {
        return fleet;
    }

    Keys keys() {
        return keys;
    }

    Front front() {
        return front;
    }

    Path directory() {
        return directory;
    }

    /** Those that run. */
    List<Member> living() {
        return List.copyOf(living);
    }

    /** Those whose books can be read: they run, or have ended as they were told. */
    List<Member> honest() {
        synchronized (killed) {
            return started.stream()
                    .filter(member -> !killed.contains(member.name()))
                    .toList();
        }
    }

    void say(String text) {
        progress.println("drill: " + text);
        progress.flush();
    }

    /** Starts one more gateway and waits until the front sends it connections. */
    Member join() throws IOException, InterruptedException {
        return join(Map.of());
    }

    /** The same with more in its environment. */
    Member join(Map<String, String> environment) throws IOException, InterruptedException {
        String name = "gateway-" + ++members;
        Path own = Files.createDirectories(directory.resolve(name));
        Fleet.replace(own.resolve("gateway.yaml"), text(setup));
        Map<String, String> all = new HashMap<>(environment);
        if (clocks.isPresent()) {
            all.putAll(clocks.get().environment(own));
        }
        Member member = Member.start(name, own, all);
        living.add(member);
        started.add(member);
        front.add(name, member.port());
        long end = System.nanoTime() + READY.toNanos();
        while (!front.ready(name)) {
            if (System.nanoTime() > end || !member.alive()) {
                throw new IOException(name + " did not become ready: " + member.lastLines());
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return member;
    }

    /** Gateways that are started from now on have clocks of their own. */
    void clocks(FalseClock clock) {
        clocks = Optional.of(clock);
    }

    /** Kills one: SIGKILL. */
    void kill(Member member) throws InterruptedException {
        synchronized (killed) {
            killed.add(member.name());
        }
        member.kill();
        gone(member);
    }

    /** Notes that one has ended. */
    void gone(Member member) {
        living.remove(member);
        front.remove(member.name());
    }

    /** Puts another configuration in the place of all gateways' own. */
    void configure(Setup next) throws IOException {
        setup = next;
        for (Member member : living) {
            Fleet.replace(member.directory().resolve("gateway.yaml"), text(next));
        }
    }

    Setup setup() {
        return setup;
    }

    /** Waits until all gateways let a key in, or none does; false when that has not come about within the time. */
    boolean await(String key, boolean good) throws InterruptedException {
        long end = System.nanoTime() + KEY.toNanos();
        for (Member member : living) {
            while (member.alive() && Pages.letsIn(member.port(), key) != good) {
                if (System.nanoTime() > end) {
                    return false;
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
        return true;
    }

    /** Writes something else than a configuration in the place of one, in place and not at once, as a bad writer does. */
    void spoil(Member member, String text) throws IOException {
        Files.writeString(member.directory().resolve("gateway.yaml"), text);
    }

    private String text(Setup its) {
        return """
            server:
              host: 127.0.0.1
              port: 0
              admin: {port: 0}
              drain: {notReadyFor: %1$s, streams: 60s}
            pools:
              - name: drill
                models: [%2$s]
                discovery: {file: "%3$s/endpoints.yaml"}
            %4$stenants: {anonymous: deny, directory: "%3$s/tenants", salt: {file: "%3$s/salt"}}
            usage: {file: usage.jsonl}
            %5$s\
            """.formatted(its.notReadyFor(), Fleet.MODEL, directory, its.pool(), its.rest());
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(cleaner);
        clean();
    }

    private synchronized void clean() {
        living.forEach(Member::close);
        living.clear();
        started.forEach(Member::close);
        fleet.close();
        try {
            front.close();
            List<Path> all = new ArrayList<>();
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(all::add);
            }
            for (Path file : all) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            say("left behind: " + directory + " (" + e.getMessage() + ")");
        }
    }
}
