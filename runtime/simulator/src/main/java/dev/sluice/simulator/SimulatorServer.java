package dev.sluice.simulator;

import dev.sluice.simulator.events.EventStream;
import dev.sluice.simulator.transfer.Exchanges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A vLLM stand-in on a port: the routes of a vLLM 0.32.0 server over an {@link Engine} on the wall clock. A virtual thread reads
 * each connection and answers its requests one after the other; another watches it for the client's leaving while an answer is
 * under way. Listener and sockets are its own, not Helidon's, because it has to break them on demand: see {@link Faults}.
 */
public final class SimulatorServer implements AutoCloseable {
    private record Listener(ServerSocketChannel channel, Thread acceptor) {}

    private SimulatorOptions options;
    private final Faults faults;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private Listener listener;
    private Service service;
    private Routes routes;
    private int port;
    private volatile boolean terminating;

    private SimulatorServer(SimulatorOptions options) throws IOException {
        this.options = options;
        faults = new Faults(options.seed());
        port = options.port();
        service = new Service(options, faults);
        keepPorts();
        routes = new Routes(this, service);
        try {
            listener = listen();
        } catch (IOException e) {
            service.driver.close();
            throw e;
        }
    }

    /** What listens on a free port the first time has the same one after a restart, as in a deployment. */
    private void keepPorts() {
        var transfer = options.transfer().withPort(service.driver.exchanges().port());
        var events = service.driver
                .publisher()
                .map(its -> its.opened(options.events()))
                .orElse(options.events());
        options = options.toBuilder().transfer(transfer).events(events).build();
    }

    /**
     * Starts it.
     *
     * @throws UncheckedIOException when the port cannot be had
     * @throws IllegalArgumentException when the profile does not exist
     */
    public static SimulatorServer start(SimulatorOptions options) {
        try {
            return new SimulatorServer(options);
        } catch (IOException e) {
            throw new UncheckedIOException("port " + options.port() + ": " + e.getMessage(), e);
        }
    }

    /** The port it listens on. */
    public synchronized int port() {
        return port;
    }

    /** What it was started with, with the ports that it took. */
    public synchronized SimulatorOptions options() {
        return options;
    }

    /** What is to go wrong. */
    public Faults faults() {
        return faults;
    }

    /** Reads or changes the engine, between two of its events. Must not wait. */
    public <T> T engine(Function<Engine, T> work) {
        return current().driver.with(work);
    }

    /** What it does with other engines' KV. */
    public Exchanges exchanges() {
        return current().driver.exchanges();
    }

    /** What it says about its cache, for faults and questions; empty when it says nothing. */
    public Optional<EventStream> events() {
        return current().driver.publisher().map(KvPublisher::stream);
    }

    /** Stops the engine's time; requests hang as on a server that sleeps. False lets it go on. */
    public void pause(boolean on) {
        current().driver.pause(on);
    }

    /** As SIGKILL: the listener and all connections are gone at once, and the cache with them. */
    public synchronized void stop() {
        closeListener();
        connections.forEach(Connection::reset);
        service.driver.close();
    }

    /** As SIGKILL of the API process alone: nobody can ask it anything, but its engine lives on and others can fetch from it. */
    public synchronized void stopApi() {
        closeListener();
        connections.forEach(Connection::reset);
    }

    /** As SIGTERM: running answers end with {@code finish_reason: abort} and look complete; then it is gone. */
    public synchronized void terminate() {
        closeListener();
        terminating = true;
        connections.stream().filter(Connection::isIdle).forEach(Connection::close);
        service.driver.terminate();
    }

    /** As the death of the engine process under the API server: answers fail, health is 503. */
    public void killEngine() {
        current().driver.kill();
    }

    /** A new process on the same port after {@link #stop} or {@link #terminate}: cold cache, counters at zero. */
    public synchronized void restart() {
        closeListener();
        connections.forEach(Connection::close);
        service.driver.close();
        terminating = false;
        try {
            service = new Service(options, faults);
            routes = new Routes(this, service);
            listener = listen();
        } catch (IOException e) {
            throw new UncheckedIOException("port " + port + ": " + e.getMessage(), e);
        }
    }

    /** Stops for good. */
    @Override
    public synchronized void close() {
        closeListener();
        connections.forEach(Connection::close);
        service.driver.close();
    }

    private synchronized Service current() {
        return service;
    }

    private synchronized Routes routes() {
        return routes;
    }

    private Listener listen() throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(new InetSocketAddress(options.host(), port), 4096);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
        port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
        return new Listener(
                channel, Thread.ofVirtual().name("simulator-" + port).start(() -> accept(channel)));
    }

    private void accept(ServerSocketChannel channel) {
        while (channel.isOpen()) {
            try {
                var connection = new Connection(channel.accept());
                if (faults.refuses()) {
                    connection.reset();
                    continue;
                }
                connections.add(connection);
                Thread.ofVirtual().name("connection").start(() -> serve(connection));
            } catch (IOException e) {
                // Closed by stop(), or the client was gone before it was accepted.
            }
        }
    }

    private void serve(Connection connection) {
        try (connection) {
            answerAll(connection);
        } catch (IOException | ClientGoneException e) {
            // The client left, or a fault hung up.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.remove(connection);
        }
    }

    private void answerAll(Connection connection) throws IOException, InterruptedException {
        try {
            while (routes().answer(connection) && !terminating) {
                // Next request of this connection.
            }
        } catch (MalformedRequestException e) {
            connection.write(
                    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
                            + "content-length: 30\r\n\r\nInvalid HTTP request received.");
        }
    }

    private void closeListener() {
        try {
            listener.channel().close();
            // The port is free only when the thread that waits in accept has let go of it.
            listener.acceptor().join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Starts several on consecutive ports, or on free ones when the port is 0. */
    public static List<SimulatorServer> start(SimulatorOptions options, int count) {
        var all = new ArrayList<SimulatorServer>();
        try {
            for (var i = 0; i < count; i++) {
                all.add(start(options.withPort(options.port() == 0 ? 0 : options.port() + i)));
            }
            return List.copyOf(all);
        } catch (UncheckedIOException e) {
            all.forEach(SimulatorServer::close);
            throw e;
        }
    }
}
