/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The features of this kernel, as bits of enum pincheck_feature.
 *
 * Assumes: an interface that a probe found works. Topic assumptions tests what a probe cannot see.
 */
#ifndef PINCHECK_COMPAT_FEATURES_H
#define PINCHECK_COMPAT_FEATURES_H

#include <linux/pincheck.h>
#include <generated/pincheck-found.h>

static inline u64 compat_features(void)
{
	u64 features = 0;

#ifdef HAVE_ANON_EXCLUSIVE
	features |= PINCHECK_FEAT_ANON_EXCLUSIVE;
#endif
#if defined(HAVE_FOLIO_HAS_PINCOUNT) || defined(HAVE_FOLIO_PINCOUNT) || \
	defined(HAVE_COMPOUND_PINCOUNT)
	features |= PINCHECK_FEAT_PIN_COUNT;
#endif
#if defined(HAVE_FOLIO_MAPCOUNT) || defined(HAVE_PAGE_MAPCOUNT)
	features |= PINCHECK_FEAT_FOLIO_MAPCOUNT;
#endif
#if defined(HAVE_ENTIRE_MAPCOUNT) || defined(HAVE_COMPOUND_MAPCOUNT)
	features |= PINCHECK_FEAT_ENTIRE_MAPCOUNT;
#endif
#if defined(HAVE_NOFAULT) || defined(HAVE_FOLLOW_PTE)
	features |= PINCHECK_FEAT_NOFAULT;
#endif
#ifdef HAVE_MEMFD_PIN
	features |= PINCHECK_FEAT_MEMFD;
#endif
#ifdef CONFIG_HMM_MIRROR
	features |= PINCHECK_FEAT_MIRROR;
#endif
#if defined(HAVE_FOLLOW_PFNMAP) || defined(HAVE_FOLLOW_PTE) || defined(HAVE_FOLLOW_PTE_VMA)
	features |= PINCHECK_FEAT_PFNMAP;
#endif
#if defined(HAVE_HUGE_PFNMAP) || defined(HAVE_HUGE_PFNMAP_PFN_T)
	if (PMD_SIZE <= PINCHECK_DEVICE_BYTES)
		features |= PINCHECK_FEAT_PFNMAP_HUGE;
#endif
#if IS_ENABLED(CONFIG_KRETPROBES) && IS_ENABLED(CONFIG_STACKTRACE) && defined(HAVE_FUNCTION_ARGS)
	features |= PINCHECK_FEAT_TRACE;
#endif
	return features;
}

#endif
