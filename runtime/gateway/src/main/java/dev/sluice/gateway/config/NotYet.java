package dev.sluice.gateway.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Keys of a record whose feature is planned: refused as "not supported yet", never accepted and ignored. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface NotYet {
    /** The keys. */
    String[] value();
}
