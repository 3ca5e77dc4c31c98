// SPDX-License-Identifier: GPL-2.0-only
/* Authenticated encryption by AF_ALG sockets (Documentation/crypto/userspace-if.rst). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_alg.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "aead.h"
#include "knob_journal.h"

#define RESTRICTION	"/proc/sys/crypto/af_alg_restrict"

#ifndef SOL_ALG
#define SOL_ALG		279
#endif

#define KEYA_PARAM	1	/* CRYPTO_AUTHENC_KEYA_PARAM: the length of the cipher's key follows */

/* The key of authenc(): an attribute with the length of the cipher's key, then both keys. */
struct aead_key {
	struct rtattr attribute;
	uint32_t cipher_bytes;
	uint8_t authentication[32];
	uint8_t cipher[16];
};

/* Linux 7.3 offers one algorithm to sockets, ccm(aes), until root lifts the restriction. */
static void allow_all_algorithms(void)
{
	if (!access(RESTRICTION, W_OK))
		knob_change(RESTRICTION, "0");
}

static int open_algorithm(const char *name)
{
	struct sockaddr_alg algorithm = { .salg_family = AF_ALG, .salg_type = "aead" };
	int server = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), error;

	if (server < 0)
		return -errno;
	allow_all_algorithms();
	strncpy((char *)algorithm.salg_name, name, sizeof(algorithm.salg_name) - 1);
	if (!bind(server, (struct sockaddr *)&algorithm, sizeof(algorithm)))
		return server;
	error = -errno;
	close(server);
	return error;
}

bool aead_offered(void)
{
	int server = open_algorithm(AEAD_ESN);

	if (server < 0)
		return false;
	close(server);
	return true;
}

static int set_key(int server)
{
	struct aead_key key = {
		.attribute = {
			.rta_len = sizeof(key.attribute) + sizeof(key.cipher_bytes),
			.rta_type = KEYA_PARAM,
		},
		.cipher_bytes = htonl(sizeof(key.cipher)),
	};

	if (setsockopt(server, SOL_ALG, ALG_SET_KEY, &key, sizeof(key)) ||
	    setsockopt(server, SOL_ALG, ALG_SET_AEAD_AUTHSIZE, NULL, AEAD_TAG))
		return -errno;
	return 0;
}

static struct cmsghdr *add_control(struct msghdr *message, struct cmsghdr *last, int type,
				   const void *data, size_t bytes)
{
	struct cmsghdr *control = last ? CMSG_NXTHDR(message, last) : CMSG_FIRSTHDR(message);

	control->cmsg_level = SOL_ALG;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(control), data, bytes);
	return control;
}

/* The bytes that follow are not complete yet: MSG_MORE. */
static int send_parameters(int operation, bool encrypt)
{
	/* struct af_alg_iv: the length, then the bytes, which are zero */
	struct { uint32_t length; uint8_t bytes[AEAD_BLOCK]; } iv = { .length = AEAD_BLOCK };
	uint32_t action = encrypt ? ALG_OP_ENCRYPT : ALG_OP_DECRYPT, associated = AEAD_ASSOCIATED;
	uint8_t text[AEAD_ASSOCIATED] = { 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce };
	struct iovec vector = { text, sizeof(text) };
	uint8_t control[CMSG_SPACE(sizeof(action)) + CMSG_SPACE(sizeof(associated)) +
			CMSG_SPACE(sizeof(iv))] = { 0 };
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *last;

	last = add_control(&message, NULL, ALG_SET_OP, &action, sizeof(action));
	last = add_control(&message, last, ALG_SET_AEAD_ASSOCLEN, &associated, sizeof(associated));
	add_control(&message, last, ALG_SET_IV, &iv, sizeof(iv));
	return sendmsg(operation, &message, MSG_MORE) == (ssize_t)sizeof(text) ? 0 : -errno;
}

int aead_begin(const char *algorithm, bool encrypt)
{
	int server = open_algorithm(algorithm), operation, error;

	if (server < 0)
		return server;
	error = set_key(server);
	operation = error ? -1 : accept4(server, NULL, NULL, SOCK_CLOEXEC);
	if (!error && operation < 0)
		error = -errno;
	close(server);
	if (!error)
		error = send_parameters(operation, encrypt);
	if (error && operation >= 0)
		close(operation);
	return error ? error : operation;
}
