package dev.sluice.gateway.engine;

import dev.sluice.core.Scrape;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Collects what is told of engines, to be awaited. */
final class News implements EngineEvents {
    final BlockingQueue<Served> fine = new LinkedBlockingQueue<>();
    final BlockingQueue<String> failed = new LinkedBlockingQueue<>();
    final BlockingQueue<String> wrong = new LinkedBlockingQueue<>();
    final BlockingQueue<Scrape> scrapes = new LinkedBlockingQueue<>();
    final BlockingQueue<String> lost = new LinkedBlockingQueue<>();
    private final String of;

    /** Only of the endpoint with this id. */
    News(String of) {
        this.of = of;
    }

    static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T news = queue.poll(10, TimeUnit.SECONDS);
        if (news == null) {
            throw new AssertionError("nothing was told within 10 s");
        }
        return news;
    }

    @Override
    public void probeSucceeded(String id, Served served) {
        put(fine, id, served);
    }

    @Override
    public void probeFailed(String id, String reason) {
        put(failed, id, reason);
    }

    @Override
    public void wrongModel(String id, String reason) {
        put(wrong, id, reason);
    }

    @Override
    public void scraped(String id, Scrape scrape) {
        put(scrapes, id, scrape);
    }

    @Override
    public void scrapeLost(String id) {
        put(lost, id, id);
    }

    private <T> void put(BlockingQueue<T> queue, String id, T news) {
        if (id.equals(of)) {
            queue.add(news);
        }
    }
}
