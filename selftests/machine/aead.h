/* SPDX-License-Identifier: GPL-2.0-only */
/* Authenticated encryption by AF_ALG sockets: a part of the kernel that works on pages of others. */
#ifndef PINCHECK_SELFTESTS_AEAD_H
#define PINCHECK_SELFTESTS_AEAD_H

#include <stdbool.h>
#include <stddef.h>

/* authencesn moves bytes of its input about, which is what CVE-2026-31431 needed. */
#define AEAD_ESN	"authencesn(hmac(sha256),cbc(aes))"
#define AEAD_PLAIN	"authenc(hmac(sha256),cbc(aes))"

#define AEAD_ASSOCIATED	8	/* bytes that are authenticated only */
#define AEAD_BLOCK	16
#define AEAD_TAG	32

/** aead_offered() - does the kernel have AEAD_ESN? For NEEDS_AEAD */
bool aead_offered(void);

/**
 * aead_begin() - an operation by @algorithm that has its key, its IV and its associated bytes
 *
 * The caller then sends the bytes that are to be encrypted, or decrypted and after them the tag.
 *
 * Return: a socket, or a negative errno.
 */
int aead_begin(const char *algorithm, bool encrypt);

#endif
