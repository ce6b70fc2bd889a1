package dev.sluice.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.netty.shaded.io.netty.bootstrap.ServerBootstrap;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInitializer;
import io.grpc.netty.shaded.io.netty.channel.SimpleChannelInboundHandler;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.SocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.grpc.netty.shaded.io.netty.handler.codec.http.FullHttpRequest;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpObjectAggregator;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpResponseStatus;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpServerCodec;
import io.grpc.netty.shaded.io.netty.handler.codec.http.HttpVersion;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** An engine that reads requests with somebody else's parser, and writes down how it understood them. */
abstract sealed class ParsingEngine implements AutoCloseable {
    private static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"base\",\"object\":\"model\"}]}";

    /** Requests for a model, in the order in which they came. */
    final List<Seen> seen = new CopyOnWriteArrayList<>();

    /**
     * A request as a parser understood it.
     *
     * @param headers by lower-case name, each with its values in a list
     */
    record Seen(String method, String target, Map<String, List<String>> headers, String body) {}

    static List<ParsingEngine> all() throws IOException {
        return List.of(new Helidon(), new Jdk(), new Netty());
    }

    abstract int port();

    @Override
    public abstract void close();

    /** Notes a request and says what is answered. */
    final String answer(String method, String target, Map<String, List<String>> headers, byte[] body) {
        if (method.equals("GET")) {
            return target.startsWith("/v1/models") ? MODELS : "";
        }
        seen.add(new Seen(method, target, headers, new String(body, StandardCharsets.UTF_8)));
        return HygieneTest.ANSWER;
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** The simulator's. */
    static final class Helidon extends ParsingEngine {
        private final WebServer server = WebServer.builder()
                .host("127.0.0.1")
                .port(0)
                .shutdownHook(false)
                .addProtocol(Http1Config.builder().maxHeadersSize(65_536).build())
                .routing(routing -> routing.any(this::serve))
                .build()
                .start();

        private void serve(ServerRequest request, ServerResponse response) {
            Map<String, List<String>> headers = new TreeMap<>();
            request.headers().forEach(header -> headers.put(lower(header.name()), header.allValues()));
            String target = request.path().rawPath()
                    + (request.query().isEmpty() ? "" : "?" + request.query().rawValue());
            byte[] body = request.content().hasEntity() ? request.content().as(byte[].class) : new byte[0];
            response.header("content-type", "application/json")
                    .send(answer(request.prologue().method().text(), target, headers, body));
        }

        @Override
        int port() {
            return server.port();
        }

        @Override
        public void close() {
            server.stop();
        }
    }

    /** The JDK's. */
    static final class Jdk extends ParsingEngine {
        static {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }

        private final HttpServer server;

        Jdk() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
            server.createContext("/", this::serve);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.start();
        }

        private void serve(HttpExchange exchange) throws IOException {
            Map<String, List<String>> headers = new TreeMap<>();
            exchange.getRequestHeaders().forEach((name, values) -> headers.put(lower(name), List.copyOf(values)));
            byte[] body = exchange.getRequestBody().readAllBytes();
            byte[] answer = answer(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI().toASCIIString(),
                            headers,
                            body)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("content-type", "application/json");
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        }

        @Override
        int port() {
            return server.getAddress().getPort();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    /** Netty's, as gRPC's Java carries it. */
    static final class Netty extends ParsingEngine {
        private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
        private final Channel channel = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                        client.pipeline()
                                .addLast(
                                        new HttpServerCodec(8192, 65_536, 8192),
                                        new HttpObjectAggregator(1 << 20),
                                        new Serving());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel();

        private final class Serving extends SimpleChannelInboundHandler<FullHttpRequest> {
            @Override
            @SuppressWarnings("FutureReturnValueIgnored") // A gateway that has left notices nothing.
            protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
                Map<String, List<String>> headers = new TreeMap<>();
                request.headers()
                        .names()
                        .forEach(name ->
                                headers.put(lower(name), request.headers().getAll(name)));
                byte[] body = new byte[request.content().readableBytes()];
                request.content().readBytes(body);
                boolean broken = request.decoderResult().isFailure();
                byte[] text = broken
                        ? new byte[0]
                        : answer(request.method().name(), request.uri(), headers, body)
                                .getBytes(StandardCharsets.UTF_8);
                DefaultFullHttpResponse answer = new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        broken ? HttpResponseStatus.BAD_REQUEST : HttpResponseStatus.OK,
                        Unpooled.wrappedBuffer(text));
                answer.headers().set("content-type", "application/json").set("content-length", text.length);
                context.writeAndFlush(answer);
            }
        }

        @Override
        int port() {
            return ((InetSocketAddress) channel.localAddress()).getPort();
        }

        @Override
        public void close() {
            channel.close().awaitUninterruptibly(1000);
            loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS).awaitUninterruptibly(2000);
        }
    }
}
