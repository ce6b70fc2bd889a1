package dev.sluice.gateway.handover;

import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.spi.Answer;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Handover;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A handover as connectors see it. All values are its own: a third party's code that is late may look at it when the request has
 * ended and its body is gone.
 */
public final class HandoverView implements Handover {
    private final Ends ends;
    private final Api api;
    private final Set<String> names;
    private final boolean streaming;
    private final int choices;
    private final List<Edit> oneToken;

    /**
     * Who takes part.
     *
     * @param id of the attempt
     * @param source holds a part of the prompt that can be pulled
     * @param known what is remembered of the prefill engine
     * @param random from 0 up
     */
    public record Ends(
            String id,
            Endpoint prefill,
            Endpoint decode,
            Optional<Endpoint> source,
            Optional<Answer> known,
            long random) {}

    /** Of a client's request. */
    public HandoverView(Ends ends, BodyScan scan) {
        this.ends = ends;
        this.api = scan.api();
        this.names = Set.copyOf(scan.names());
        this.streaming = scan.stream();
        this.choices = scan.choices();
        this.oneToken = List.copyOf(OneToken.edits(scan));
    }

    private HandoverView(HandoverView of, Ends ends) {
        this.ends = ends;
        this.api = of.api;
        this.names = of.names;
        this.streaming = of.streaming;
        this.choices = of.choices;
        this.oneToken = of.oneToken;
    }

    /** The same with another endpoint that generates. */
    public HandoverView to(Endpoint decode) {
        return new HandoverView(
                this, new Ends(ends.id(), ends.prefill(), decode, ends.source(), ends.known(), ends.random()));
    }

    @Override
    public String id() {
        return ends.id();
    }

    @Override
    public String path() {
        return api.path();
    }

    @Override
    public Endpoint prefill() {
        return ends.prefill();
    }

    @Override
    public Endpoint decode() {
        return ends.decode();
    }

    @Override
    public Optional<Endpoint> source() {
        return ends.source();
    }

    @Override
    public boolean has(String name) {
        return names.contains(name);
    }

    @Override
    public boolean streaming() {
        return streaming;
    }

    @Override
    public int choices() {
        return choices;
    }

    @Override
    public List<Edit> oneToken() {
        return oneToken;
    }

    @Override
    public List<Edit> transferParams(String json) {
        return OneToken.transferParams(api, json);
    }

    @Override
    public Optional<Answer> known() {
        return ends.known();
    }

    @Override
    public long random() {
        return ends.random();
    }
}
