package dev.sluice.core.discovery;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Doubts a picture that has lost every endpoint at once. A list that is empty may be a lie: of an API server that came back
 * without its data, of a selector that somebody is just changing, of a cache that is not filled yet. What answered a moment ago
 * is kept for a while; a pod that really is gone then refuses connections, which costs an attempt and no request.
 *
 * <p>Endpoints that were going already are not missed: a pool that goes to zero does so through them, and is believed at once.
 */
public final class Doubt {
    private final long patience;
    private Picture last = Picture.unseen("nothing has been heard yet");
    private long since = Long.MIN_VALUE;

    /** @param patience how long the endpoints of before are kept */
    public Doubt(Duration patience) {
        this.patience = patience.toNanos();
    }

    /** The picture that counts when this one has come. */
    public Picture news(Picture picture, long now) {
        boolean lost = picture.found().isEmpty() && last.found().stream().anyMatch(f -> f.standing() == Standing.IN);
        if (!lost || !picture.seen()) {
            since = Long.MIN_VALUE;
            last = picture.seen()
                    ? picture
                    : new Picture(last.seen(), last.found(), last.revisions(), picture.problems(), last.rules());
            return last;
        }
        if (since == Long.MIN_VALUE) {
            since = now;
        }
        if (now - since >= patience) {
            since = Long.MIN_VALUE;
            last = picture;
            return picture;
        }
        return new Picture(true, last.found(), picture.revisions(), picture.problems(), picture.rules())
                .withProblem("all " + last.found().size() + " endpoints have vanished at once: kept for now");
    }

    /** When to look again, ns; empty when nothing is doubted. */
    public OptionalLong due() {
        return since == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(since + patience);
    }
}
